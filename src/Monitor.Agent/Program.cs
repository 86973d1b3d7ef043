using Monitor.Agent;
using Monitor.Agent.Custom;
using Monitor.Agent.Handover;
using Monitor.Server;
using Monitor.Server.Settings;

LossyWriter.UseForStandardError();
if (await CustomCommands.TryRunAsync(args, Console.Out, Console.Error) is { } exitCode)
{
    return exitCode;
}

Received? received;
try
{
    received = Received.Take();
}
catch (HandoverException failure)
{
    Console.Error.WriteLine(
        $"{AgentSettings.Schema.ProgramName}: {Handing.Variable}, which the program sets for itself, leads to nothing to go on "
        + $"with: {failure.Message}. Start it without that variable.");
    return 1;
}

var outcome = received is null
    ? AgentSettings.Schema.Read(args, SettingsSchema.ProcessEnvironment())
    : AgentSettings.Schema.Read([], received.Settings);
if (outcome.Values is not { } settings)
{
    return outcome.Report(Console.Out, Console.Error);
}

try
{
    return settings.TryGet(ServerSettings.CheckHealth, out var url)
        ? await HealthCheck.RunAsync(url, settings, new LossyWriter(Console.Out), Console.Error)
        : await Agent.RunAsync(settings, received, Console.Error);
}
catch (AccessException unusable)
{
    Console.Error.WriteLine($"{AgentSettings.Schema.ProgramName}: {unusable.Message}");
    return 2;
}
