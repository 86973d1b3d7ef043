using System.Text.Json;
using Monitor.Aggregator;
using Monitor.Sandbox;
using Monitor.Server;
using Monitor.Server.Settings;

IReadOnlyDictionary<string, string>? taken;
try
{
    taken = FreshStart.Take();
}
catch (Exception failure) when (failure is SandboxException or JsonException)
{
    Console.Error.WriteLine(
        $"{AggregatorSettings.Schema.ProgramName}: {FreshStart.Variable}, which the program sets for itself, leads to nothing to "
        + $"go on with: {failure.Message}. Start it without that variable.");
    return 1;
}

var outcome = taken is null
    ? AggregatorSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment())
    : AggregatorSettings.Schema.Read([], taken);
if (outcome.Values is not { } settings)
{
    return outcome.Report(Console.Out, Console.Error);
}

try
{
    return settings.TryGet(ServerSettings.CheckHealth, out var url)
        ? await HealthCheck.RunAsync(url, settings, Console.Out, Console.Error)
        : await Aggregator.RunAsync(settings, isFresh: taken is not null, Console.Error);
}
catch (AccessException unusable)
{
    Console.Error.WriteLine($"{AggregatorSettings.Schema.ProgramName}: {unusable.Message}");
    return 2;
}
