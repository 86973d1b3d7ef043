using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>Who answers at an address, where it is an agent.</summary>
/// <param name="NodeName">Its node.</param>
/// <param name="Epoch">Its run.</param>
/// <param name="Version">Its version; may be empty.</param>
internal sealed record AgentIdentity(string NodeName, ulong Epoch, string Version)
{
    /// <summary>Reads what it said of itself.</summary>
    /// <param name="health">The answer; anything.</param>
    /// <param name="identity">The agent; null where it cannot be used.</param>
    /// <param name="refusal">Why it cannot be used, with the remedy; null where it can.</param>
    public static bool TryRead(
        GetHealthResponse health,
        [NotNullWhen(true)] out AgentIdentity? identity,
        [NotNullWhen(false)] out string? refusal)
    {
        identity = null;
        var version = MessageText.Shorten(health.Version);
        refusal = health.Component != "agent"
                ? $"what answers here says that it is '{MessageText.Shorten(health.Component)}', not an agent; {LinkFailure.Remedy}"
            : health is { NodeName: "", Epoch: "" }
                ? $"the agent answers as to nobody that it knows: its {ServerSettings.AggregatorName.OptionName} must be a name in this "
                + $"aggregator's certificate, and its {ServerSettings.TlsAuthority.OptionName} must have signed it"
            : health.NodeName.Length == 0
                ? $"the agent has no node name; start it with {ServerSettings.NodeName.OptionName}"
            : Encoding.UTF8.GetByteCount(health.NodeName) > ContractLimits.MaxNodeNameBytes
                ? $"the agent's node name has more than {ContractLimits.MaxNodeNameBytes} bytes; start it with another {ServerSettings.NodeName.OptionName}"
            : health.NodeName.Any(IsUnseen)
                ? $"the agent's node name '{MessageText.Shorten(health.NodeName)}' has characters that nobody sees; start it with another {ServerSettings.NodeName.OptionName}"
            : null;
        if (refusal is not null)
        {
            return false;
        }

        if (!ulong.TryParse(health.Epoch, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var epoch)
            || health.Epoch.Length != 16)
        {
            refusal = $"the agent, version '{version}', does not say which run of it this is; update it";
            return false;
        }

        identity = new AgentIdentity(health.NodeName, epoch, version);
        return true;
    }

    // Line breaks above all, and those that turn what follows around: names are in logs and tables.
    private static bool IsUnseen(char character) => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
