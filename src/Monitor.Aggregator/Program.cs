using Monitor.Aggregator;
using Monitor.Server;
using Monitor.Server.Settings;

LossyWriter.UseForStandardError();
var outcome = AggregatorSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment());
if (outcome.Values is not { } settings)
{
    return outcome.Report(Console.Out, Console.Error);
}

try
{
    return settings.TryGet(ServerSettings.CheckHealth, out var url)
        ? await HealthCheck.RunAsync(url, settings, new LossyWriter(Console.Out), Console.Error)
        : await Aggregator.RunAsync(settings, Console.Error);
}
catch (AccessException unusable)
{
    Console.Error.WriteLine($"{AggregatorSettings.Schema.ProgramName}: {unusable.Message}");
    return 2;
}
