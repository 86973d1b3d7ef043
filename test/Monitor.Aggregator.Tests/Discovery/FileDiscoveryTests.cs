using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Aggregator.Tests.Support;

namespace Monitor.Aggregator.Tests.Discovery;

internal sealed class FileDiscoveryTests
{
    private string _folder = null!;
    private CollectedLog<FileDiscovery> _log = null!;

    private string Path => System.IO.Path.Combine(_folder, "agents");

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("monitor-test-").FullName;
        _log = new CollectedLog<FileDiscovery>();
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task File_Changed_GivesTheNewSet()
    {
        await File.WriteAllTextAsync(Path, "a\nb");
        await using var watched = Watch();
        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "a:50051", "b:50051" }));

        await File.WriteAllTextAsync(Path, "b\nc");

        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "b:50051", "c:50051" }));
        Assert.That(_log.Entries, Is.Empty);
    }

    [Test]
    public async Task File_Emptied_GivesNoAgents()
    {
        await File.WriteAllTextAsync(Path, "a");
        await using var watched = Watch();
        await watched.NextAsync();

        await File.WriteAllTextAsync(Path, "");

        Assert.That(await watched.NextAsync(), Is.Empty);
    }

    [Test]
    public async Task File_WrittenInParts_IsTakenWhole()
    {
        await File.WriteAllTextAsync(Path, "a");
        await using var watched = Watch(settle: TimeSpan.FromMilliseconds(300));
        await watched.NextAsync();
        var next = watched.NextAsync();

        // 20 parts, each well within the time in which the file must not change.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i < 20; i++)
        {
            await File.WriteAllLinesAsync(Path, Enumerable.Range(0, i + 1).Select(n => $"node-{n:00}"));
            await pace.WaitForNextTickAsync();
        }

        Assert.That(await next, Has.Length.EqualTo(20));
    }

    [Test]
    public async Task File_BadLine_IsNamedAndTheOthersCount()
    {
        await File.WriteAllTextAsync(Path, "a\n\nb:none\nc");
        await using var watched = Watch();

        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "a:50051", "c:50051" }));
        var (level, message) = _log.Entries.Single();
        Assert.That(level, Is.EqualTo(LogLevel.Warning));
        Assert.That(message, Does.Contain($"{Path}, line 3: 'b:none'").And.Contain("'none' is not a port"));
    }

    [Test]
    public async Task File_OfRubbish_IsNotLoggedLineByLine()
    {
        await File.WriteAllLinesAsync(Path, Enumerable.Range(0, 1000).Select(n => $"line {n} {new string('x', 1000)}"));
        await using var watched = Watch();

        Assert.That(await watched.NextAsync(), Is.Empty);
        Assert.That(_log.Entries, Has.Count.EqualTo(11));
        Assert.That(_log.Messages, Has.All.Length.LessThan(300));
        Assert.That(_log.Messages.Last(), Does.Contain("990 more"));
    }

    [Test]
    public async Task File_TooLong_IsNone()
    {
        await File.WriteAllTextAsync(Path, "a");
        await using var watched = Watch();
        await watched.NextAsync();
        var next = watched.NextAsync();

        await File.WriteAllTextAsync(Path, new string('#', 5 << 20) + "\nb");
        await Waiting.UntilAsync("the message", () => _log.Messages.Any(message => message.Contains("4 MiB", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(Path, "c");

        Assert.That(await next, Is.EqualTo(new[] { "c:50051" }));
    }

    [Test]
    public async Task File_Vanished_KeepsTheSetAndSaysSoOnce()
    {
        await File.WriteAllTextAsync(Path, "a");
        await using var watched = Watch();
        await watched.NextAsync();
        var next = watched.NextAsync();

        File.Delete(Path);
        await Waiting.UntilAsync("the message", () => _log.Entries.Count == 1);
        await File.WriteAllTextAsync(Path, "a\nb");

        Assert.That(await next, Is.EqualTo(new[] { "a:50051", "b:50051" }));
        Assert.That(_log.Entries.Select(entry => entry.Level), Is.EqualTo(new[] { LogLevel.Warning, LogLevel.Information }));
        Assert.That(_log.Messages.First(), Does.Contain(Path).And.Contain("stay"));
    }

    [Test]
    public async Task File_NotThereYet_IsWaitedFor()
    {
        await using var watched = Watch();
        var next = watched.NextAsync();
        await Waiting.UntilAsync("the message", () => _log.Entries.Count == 1);

        await File.WriteAllTextAsync(Path, "a");

        Assert.That(await next, Is.EqualTo(new[] { "a:50051" }));
    }

    // What the kubelet does when a ConfigMap changes: agents -> ..data/agents, ..data -> a folder of this version, and a
    // new link is renamed over ..data.
    [Test]
    public async Task File_BehindExchangedLink_GivesTheNewSet()
    {
        WriteVersion("v1", "a");
        Directory.CreateSymbolicLink(System.IO.Path.Combine(_folder, "..data"), "v1");
        File.CreateSymbolicLink(Path, "..data/agents");
        await using var watched = Watch();
        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "a:50051" }));

        WriteVersion("v2", "b");
        var link = System.IO.Path.Combine(_folder, "..data_tmp");
        Directory.CreateSymbolicLink(link, "v2");
        // File.Move follows the link.
        using (var move = Process.Start("mv", ["-T", link, System.IO.Path.Combine(_folder, "..data")]))
        {
            await move.WaitForExitAsync();
        }

        Directory.Delete(System.IO.Path.Combine(_folder, "v1"), recursive: true);

        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "b:50051" }));
    }

    private void WriteVersion(string version, string content)
    {
        Directory.CreateDirectory(System.IO.Path.Combine(_folder, version));
        File.WriteAllText(System.IO.Path.Combine(_folder, version, "agents"), content);
    }

    private WatchedDiscovery Watch(TimeSpan? settle = null) => new(new FileDiscovery(Path, TimeProvider.System, _log)
    {
        Interval = TimeSpan.FromMilliseconds(5),
        Settle = settle ?? TimeSpan.FromMilliseconds(50),
    });
}
