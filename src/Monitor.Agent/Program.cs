using Monitor.Agent.Settings;
using Monitor.Server.Settings;

var outcome = AgentSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment());
return outcome.Values is not { } settings ? outcome.Report(Console.Out, Console.Error)
    : AgentSettings.Check(settings) is { } refusal ? refusal.Report(Console.Out, Console.Error)
    : await Monitor.Agent.Agent.RunAsync(settings, Console.Error);
