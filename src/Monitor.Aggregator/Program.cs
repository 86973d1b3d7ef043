using Monitor.Aggregator.Settings;
using Monitor.Server.Settings;

var outcome = AggregatorSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment());
return outcome.Values is not { } settings ? outcome.Report(Console.Out, Console.Error)
    : AggregatorSettings.Check(settings) is { } refusal ? refusal.Report(Console.Out, Console.Error)
    : await Monitor.Aggregator.Aggregator.RunAsync(settings, Console.Error);
