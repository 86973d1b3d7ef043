using Monitor.Agent.Loading;
using Monitor.Sandbox;
using Monitor.Sandbox.Images;
using Monitor.Sandbox.Rights;
using Monitor.Server;

namespace Monitor.Agent.Handover;

/// <summary>What the reading image got from the loading one.</summary>
/// <param name="Settings">The settings, each by its environment variable.</param>
/// <param name="Outcome">The monitors.</param>
/// <param name="Rights">What this process has.</param>
/// <param name="FilesProblem">See <see cref="HandoverDescription.FilesProblem"/>.</param>
internal sealed record Received(
    IReadOnlyDictionary<string, string> Settings, LoadOutcome Outcome, AgentRights Rights, string? FilesProblem)
{
    /// <summary>Takes over what was handed to this image.</summary>
    /// <returns>Null where this is the first image.</returns>
    /// <exception cref="HandoverException">Something was, and it makes no sense.</exception>
    public static Received? Take()
    {
        try
        {
            if (FreshImage.TakeMessage(Handing.Variable) is not { } message)
            {
                return null;
            }

            var description = HandoverJson.Read(message);
            if (description.Version != ServerSettings.Version)
            {
                throw new HandoverException(
                    $"version {description.Version} of the program has loaded, and this is {ServerSettings.Version}; start it again");
            }

            var held = ThreadRights.Permitted;
            var outcome = ReceivedMonitors.Take(description);
            return new Received(
                description.Settings,
                outcome,
                new AgentRights(held, new CapabilitySet(description.HeldCapabilities).Without(held), description.RightsNotes),
                description.FilesProblem);
        }
        catch (SandboxException failure)
        {
            throw new HandoverException(failure.Message, failure);
        }
    }
}
