namespace Monitor.Aggregator.Discovery;

/// <summary>What a file of agents says: one <c>host:port</c> per line, blank lines, and comments from <c>#</c> on.</summary>
internal sealed class AgentList
{
    private AgentList(IReadOnlyCollection<AgentAddress> agents, IReadOnlyList<BadLine> badLines)
    {
        Agents = agents;
        BadLines = badLines;
    }

    /// <summary>The agents, each once.</summary>
    public IReadOnlyCollection<AgentAddress> Agents { get; }

    /// <summary>The lines that are not an address, in their order.</summary>
    public IReadOnlyList<BadLine> BadLines { get; }

    public static AgentList Parse(string text)
    {
        var agents = new HashSet<AgentAddress>();
        var badLines = new List<BadLine>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var comment = line.IndexOf('#');
            var entry = (comment < 0 ? line : line[..comment]).Trim();
            if (entry.IsEmpty)
            {
                continue;
            }

            if (AgentAddress.TryParse(entry.ToString(), out var agent, out var problem))
            {
                agents.Add(agent);
            }
            else
            {
                badLines.Add(new BadLine(number, entry.ToString(), problem));
            }
        }

        return new AgentList(agents, badLines);
    }

    /// <summary>A line that is not an address.</summary>
    /// <param name="Number">Which, from 1.</param>
    /// <param name="Text">What it says, without blanks around it and without its comment.</param>
    /// <param name="Problem">What is wrong with it; see <see cref="AgentAddress.TryParse"/>.</param>
    public readonly record struct BadLine(int Number, string Text, string Problem);
}
