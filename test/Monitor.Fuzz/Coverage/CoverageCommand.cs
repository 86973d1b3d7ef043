using System.Globalization;
using Monitor.Fuzz.Running;
using SharpFuzz;

namespace Monitor.Fuzz.Coverage;

/// <summary>Lets coverage guide the input of parsers.</summary>
internal static class CoverageCommand
{
    /// <summary>Runs cases one after the other, and prints a table.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="seconds">How long each.</param>
    /// <param name="folder">Where findings and corpora are kept.</param>
    /// <returns>The exit code: 1 where an input crashes or hangs.</returns>
    public static int Run(IReadOnlyList<ParserCase> cases, int seconds, string folder)
    {
        var program = InstrumentedCopy.Make(Path.Combine(folder, "program"));
        Console.WriteLine($"{"target",-16} {"executions",12} {"paths",7} {"edges",7} {"crashes",8} {"hangs",6}");
        var findings = new List<(string Target, string File)>();
        foreach (var target in cases)
        {
            var result = new AflRun(target, program, Path.Combine(folder, target.Name)).Run(seconds);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Target,-16} {result.Executions,12} {result.Paths,7} {result.Edges,7} {result.Crashes.Count,8} {result.Hangs.Count,6}"));
            findings.AddRange(result.Crashes.Concat(result.Hangs).Select(file => (target.Name, file)));
        }

        foreach (var (target, file) in findings)
        {
            Console.Error.WriteLine($"again:  ./build.sh fuzz {target} --input {file}");
        }

        return findings.Count > 0 ? 1 : 0;
    }

    /// <summary>The side of it that AFL++ starts: tries what comes from there, for ever.</summary>
    /// <param name="name">Of the case.</param>
    public static void Serve(string name)
    {
        // Made by the first input: code that notes its branches must not run before there is somewhere to note them.
        ParserCase? target = null;
        Fuzzer.OutOfProcess.Run(stream =>
        {
            target ??= FuzzCases.Parsers.Single(known => known.Name == name);
            using var input = new MemoryStream();
            stream.CopyTo(input);
            target.Try(input.ToArray());
        });
    }
}
