using System.Globalization;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>The examples by each clang that is installed: all say the same of their records and calls, and this kernel takes them.</summary>
[RequiresKernel]
internal sealed class CompilerTests
{
    // Debian 12's own, and the newest that its archive has; any other that is installed is tried as well.
    private static readonly int[] Expected = [14, 22];

    private const int Oldest = 14, Newest = 40;

    private static readonly string[] Examples = ["exec", "listen", "oom_kill", "signal", "skeleton", "slow_block_io", "tcp_rtt"];

    private static IEnumerable<string> Compilers => Enumerable.Range(Oldest, Newest - Oldest)
        .Where(version => Expected.Contains(version) || Compiler.IsInstalled(NameOf(version))).Select(NameOf);

    [TestCaseSource(nameof(Compilers))]
    public void Examples_ByAnInstalledClang_AreReadAlikeAndLoad(string compiler)
    {
        if (!Compiler.IsInstalled(compiler))
        {
            Assert.Ignore($"{compiler} is not installed: apt-get install {compiler}");
        }

        var folder = Directory.CreateTempSubdirectory("monitor-compilers-").FullName;
        try
        {
            foreach (var name in Examples)
            {
                using var other = BpfObject.Open(Compiler.Compile(compiler, name, folder));
                using var known = TestObjects.Open(name);
                Assert.That(Describe(other), Is.EqualTo(Describe(known)), name);
                Assert.That(other.Load, Throws.Nothing, name);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string NameOf(int version) => string.Create(CultureInfo.InvariantCulture, $"clang-{version}");

    private static List<string> Describe(BpfObject bpf)
    {
        var schema = RecordSchema.Read(bpf);
        var metrics = MetricMap.ReadAll(bpf).Select(metric => $"{metric.Name} {metric.Kind} {string.Join(',', metric.KeyFields.Select(field => field.Name))}");
        var calls = ObjectInspection.Of(bpf).Programs.Select(program => $"{program.Name} {string.Join(',', program.Helpers.Concat(program.KernelFunctions))}");
        // A dictionary is equal to itself alone.
        return
        [
            $"{schema.StructName} {schema.Size} {schema.Description}", .. schema.Fields.Select(field => (field with { Names = null }).ToString()),
            .. schema.Fields.SelectMany(field => field.Names ?? new Dictionary<long, string>()).Select(name => name.ToString()), .. metrics, .. calls,
        ];
    }
}
