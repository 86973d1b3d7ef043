using Monitor.Agent.Loading;
using Monitor.Agent.Tests.Kernel;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;

namespace Monitor.Agent.Tests;

/// <summary>How <c>--cgroup</c> is read.</summary>
[RequiresKernel]
internal sealed class CgroupFormatTests
{
    private DirectoryInfo _folder = null!;

    private static string Name => $"mon-format-{Environment.ProcessId}";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateDirectory(Path.Combine(CgroupMount.Find()!.Path, Name, "below"));

    [TearDown]
    public void TearDown()
    {
        _folder.Delete();
        _folder.Parent!.Delete();
    }

    [TestCase("{0}/{1}/below")]
    [TestCase("{0}/{1}/below/")]
    [TestCase("{0}//{1}/below//")]
    [TestCase("{1}/below")]
    [TestCase("/{1}/below/")]
    [TestCase("{0}/{1}/./below/../below")]
    public void TryParse_FolderInAnySpelling_HasTheSameIdAndLevel(string spelling)
    {
        var text = spelling.Replace("{0}", CgroupMount.Find()!.Path, StringComparison.Ordinal).Replace("{1}", Name, StringComparison.Ordinal);

        Assert.That(AgentFormats.Cgroup.TryParse(text, out var cgroup), Is.True);
        Assert.That(cgroup, Is.EqualTo(new CgroupReference(Inode.Of(_folder.FullName)!.Value, 2)));
    }

    [TestCase("")]
    [TestCase("/")]
    public void TryParse_Root_HasLevelZero(string end)
    {
        var root = CgroupMount.Find()!.Path;

        Assert.That(AgentFormats.Cgroup.TryParse(root + end, out var cgroup), Is.True);
        Assert.That(cgroup, Is.EqualTo(new CgroupReference(Inode.Of(root)!.Value, 0)));
    }

    [TestCase("")]
    [TestCase("..")]
    [TestCase("/proc")]
    [TestCase("no-such-cgroup")]
    public void TryParse_NoCgroup_IsRefused(string text) => Assert.That(AgentFormats.Cgroup.TryParse(text, out _), Is.False);
}
