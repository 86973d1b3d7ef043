using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Coverage;

/// <summary>One case under AFL++ for a while.</summary>
/// <param name="target">The case.</param>
/// <param name="program">An instrumented copy of this program.</param>
/// <param name="folder">Of the case; what earlier runs have found in it is where this one begins.</param>
internal sealed class AflRun(ParserCase target, string program, string folder)
{
    private const int Seeds = 32;

    // No input takes longer, whatever it is.
    private const int MostMilliseconds = 10_000;

    private readonly string _corpus = Path.Combine(folder, "corpus");
    private readonly string _run = Path.Combine(folder, "run");
    private readonly string _findings = Path.Combine(folder, "findings");

    /// <summary>Runs it.</summary>
    /// <returns>What it came to.</returns>
    /// <exception cref="InvalidOperationException">AFL++ does not run; it says why.</exception>
    public AflResult Run(int seconds)
    {
        Directory.CreateDirectory(_corpus);
        Directory.CreateDirectory(_findings);
        if (Directory.Exists(_run))
        {
            Directory.Delete(_run, recursive: true);
        }

        for (var i = 0; i < Seeds; i++)
        {
            Keep(target.Make(new Random(i)), _corpus);
        }

        Start(seconds);
        var output = Path.Combine(_run, "default");
        foreach (var file in FilesIn(output, "queue"))
        {
            Keep(File.ReadAllBytes(file), _corpus);
        }

        var stats = File.ReadLines(Path.Combine(output, "fuzzer_stats"))
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return new AflResult(
            target.Name,
            long.Parse(stats["execs_done"], CultureInfo.InvariantCulture),
            int.Parse(stats["corpus_count"], CultureInfo.InvariantCulture),
            int.Parse(stats["edges_found"], CultureInfo.InvariantCulture),
            [.. FilesIn(output, "crashes").Select(file => Keep(File.ReadAllBytes(file), _findings))],
            [.. FilesIn(output, "hangs").Select(file => Keep(File.ReadAllBytes(file), _findings))]);
    }

    private void Start(int seconds)
    {
        var start = new ProcessStartInfo(
            "afl-fuzz",
            [
                "-i", _corpus, "-o", _run, "-V", seconds.ToString(CultureInfo.InvariantCulture),
                "-t", MostMilliseconds.ToString(CultureInfo.InvariantCulture), "-m", "none",
                "--", "dotnet", program, "target", target.Name,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // dotnet itself is not instrumented, and starts slowly. The rest is of the machine, which is not to be changed for this.
        foreach (var name in new[] { "AFL_SKIP_BIN_CHECK", "AFL_NO_UI", "AFL_SKIP_CPUFREQ", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "AFL_NO_AFFINITY" })
        {
            start.Environment[name] = "1";
        }

        start.Environment["AFL_FORKSRV_INIT_TMOUT"] = "60000";
        using var afl = Process.Start(start)!;
        var errors = afl.StandardError.ReadToEndAsync();
        var said = afl.StandardOutput.ReadToEnd() + errors.Result;
        afl.WaitForExit();
        if (afl.ExitCode != 0 || !File.Exists(Path.Combine(_run, "default", "fuzzer_stats")))
        {
            throw new InvalidOperationException($"{target.Name}: afl-fuzz ended with {afl.ExitCode}: {said[^Math.Min(said.Length, 3000)..]}");
        }
    }

    // Beside the inputs there is a README.
    private static IEnumerable<string> FilesIn(string output, string kind) =>
        Directory.EnumerateFiles(Path.Combine(output, kind), "id:*").Order(StringComparer.Ordinal);

    // Each input once, by its content.
    private static string Keep(byte[] input, string folder)
    {
        var path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input))[..16]);
        File.WriteAllBytes(path, input);
        return path;
    }
}
