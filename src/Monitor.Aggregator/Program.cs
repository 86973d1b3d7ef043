using Monitor.Aggregator;
using Monitor.Server.Settings;

var outcome = AggregatorSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment());
return outcome.Values is { } settings
    ? await Aggregator.RunAsync(settings, Console.Error)
    : outcome.Report(Console.Out, Console.Error);
