using System.Text;
using Monitor.Aggregator.Discovery;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Parsers;

/// <summary>Files of agents' addresses: each line is an address that is written as it is read, or a bad one with a reason.</summary>
internal sealed class AgentsFileCase : ParserCase
{
    private static readonly byte[] Whole = Encoding.UTF8.GetBytes("node-1:50051 # first\n\n10.0.0.7\n[fd00::7]:50051\n[::1%lo]\nb\u00fccher.example:1\n");

    public override string Name => "agents-files";

    public override int ShortInputs => 20_000;

    public override byte[] Make(Random random) => Damage.Of(Whole, random);

    protected override string Parse(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var list = AgentList.Parse(text);
        foreach (var agent in list.Agents)
        {
            _ = agent.UriWith(tls: true);
            if (!AgentAddress.TryParse(agent.ToString(), out var again, out var problem) || again != agent)
            {
                throw new FuzzException($"{agent} is not read as it was written: {problem ?? "another address"}", text);
            }
        }

        return list.BadLines.Any(line => line.Problem.Length == 0) ? throw new FuzzException("a bad line without a reason", text)
            : list.BadLines.Count > 0 ? "some refused"
            : "read";
    }
}
