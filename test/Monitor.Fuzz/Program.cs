using Monitor.Fuzz;
using Monitor.Fuzz.Coverage;
using Monitor.Fuzz.Running;

// For AFL++, see CoverageCommand.
if (args is ["target", var target])
{
    CoverageCommand.Serve(target);
    return 0;
}

if (FuzzArguments.Read(args, out var problem) is not { } arguments)
{
    Console.Error.WriteLine(problem);
    return 2;
}

try
{
    if (arguments.IsCoverage)
    {
        // Beside what is built, in artifacts/.
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../fuzz"));
        return CoverageCommand.Run([.. arguments.Cases.OfType<ParserCase>()], arguments.Seconds, folder);
    }

    if (arguments.Input is { } file)
    {
        Console.WriteLine(((ParserCase)arguments.Cases[0]).Try(File.ReadAllBytes(file)));
        return 0;
    }

    Console.WriteLine($"seed {arguments.Seed}");
    foreach (var fuzzCase in arguments.Cases)
    {
        await new FuzzRun(fuzzCase, arguments.Seed, Console.Out).RunAsync(arguments.First, arguments.CountOf(fuzzCase), arguments.Limit);
    }
}
catch (Exception failure) when (failure is InvalidOperationException or FuzzException or IOException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

return 0;
