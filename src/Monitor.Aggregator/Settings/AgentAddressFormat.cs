using System.Diagnostics.CodeAnalysis;
using Monitor.Aggregator.Discovery;
using Monitor.Server.Settings;

namespace Monitor.Aggregator.Settings;

/// <summary>Where an agent, or each of many under one name, serves gRPC.</summary>
internal sealed class AgentAddressFormat : ValueFormat<AgentAddress>
{
    public override string ValueName => "HOST:PORT";

    public override string Expected => AgentAddress.Expected;

    public override bool TryParse(string text, [MaybeNullWhen(false)] out AgentAddress value) =>
        AgentAddress.TryParse(text, out value, out _);
}
