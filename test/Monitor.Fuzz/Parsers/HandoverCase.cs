using System.Text;
using Monitor.Agent.Handover;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Parsers;

/// <summary>What an agent is told of the programs that it inherits: read, or refused.</summary>
internal sealed class HandoverCase : ParserCase
{
    private static readonly byte[] Whole = HandoverJson.Write(new HandoverDescription
    {
        Version = "1.2.3",
        Settings = new Dictionary<string, string> { ["log-level"] = "debug" },
        HeldCapabilities = 0x80,
        RightsNotes = ["a"],
        FilesProblem = "b",
        Loaded = [],
        Sockets = new HandedSockets(3, null, "c"),
        Connections = new HandedConnections(4, 5),
        Failed = new Dictionary<string, string> { ["connection"] = "refused" },
        Disabled = ["packet_drop"],
    });

    public override string Name => "handovers";

    public override int ShortInputs => 10_000;

    public override byte[] Make(Random random) => Damage.Of(Whole, random);

    protected override string Parse(byte[] input)
    {
        try
        {
            var description = HandoverJson.Read(input);
            return HandoverJson.Write(description).Length > 0 ? "read" : throw new FuzzException("written as nothing", Encoding.Latin1.GetString(input));
        }
        catch (HandoverException)
        {
            return "refused";
        }
    }
}
