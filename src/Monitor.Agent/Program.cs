using Monitor.Agent;
using Monitor.Server.Settings;

var outcome = AgentSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment());
return outcome.Values is { } settings
    ? await Agent.RunAsync(settings, Console.Error)
    : outcome.Report(Console.Out, Console.Error);
