using System.Globalization;
using System.Text.Json;
using EndToEnd.Tests.Cluster;
using Monitor.V1;

namespace EndToEnd.Tests.Chaos;

/// <summary>
/// What became of every event of every run of every agent: what its hooks saw, what is known to have been left out or lost, and
/// what the client got.
/// </summary>
internal sealed class Ledger
{
    private readonly List<Line> _ended = [];
    private readonly Dictionary<string, (Line Line, ulong LostBefore)> _runs = [];

    /// <summary>Enters a run as it stands now, at rest, and checks that it balances.</summary>
    public async Task EnterAsync(ClusterNode node, ClusterClient client)
    {
        await node.SettledEventsAsync();
        // A packet that was under way may still come: all counts are of one moment, in which nothing was between kernel and log.
        var types = await Waiting.ForAsync($"{node.Name} at rest", async () =>
            (await node.Agent.GetAsync("/api/stats")).GetProperty("types").EnumerateArray().ToList() is var read
            && read.All(type => type.GetProperty("counters").GetProperty("in_flight").GetString() == "0") ? read : null);
        var (delivered, missing) = await client.CompleteAsync(node, Sum(types, "stored"));
        var before = _runs.GetValueOrDefault(node.Name).LostBefore;
        var (lost, isExact) = client.Reported(node.Name, LossCause.RingFull);
        var line = new Line(
            node.Name,
            Sum(types, "produced"),
            Sum(types, "filtered"),
            Sum(types, "lost"),
            Sum(types, "rate_limited") + Sum(types, "undecodable"),
            Sum(types, "stored"),
            delivered,
            missing,
            lost - before);
        _runs[node.Name] = (line, before);
        Assert.That(line.Produced, Is.EqualTo(line.Filtered + line.Lost + line.Other + line.Stored), $"{line}");
        Assert.That(line.Delivered + line.Missing, Is.EqualTo(line.Stored), $"{line}");
        // Reports of losses leave the log too, as one whose number is not known.
        var isWhole = isExact && client.Reported(node.Name, LossCause.Evicted).IsExact;
        Assert.That(line.LostReported, isWhole ? Is.EqualTo(line.Lost) : Is.LessThanOrEqualTo(line.Lost), $"{line}");
    }

    /// <summary>The run that was entered last is over, and another begins.</summary>
    public void End(ClusterNode node, ClusterClient client)
    {
        _ended.Add(_runs[node.Name].Line);
        _runs[node.Name] = (_runs[node.Name].Line, client.Reported(node.Name, LossCause.RingFull).Count);
    }

    public override string ToString()
    {
        var lines = _ended.Concat(_runs.Values.Select(run => run.Line)).OrderBy(line => line.Node, StringComparer.Ordinal).ToList();
        var all = lines.Aggregate(new Line("all", 0, 0, 0, 0, 0, 0, 0, 0), (sum, line) => sum.Plus(line));
        return string.Join('\n', lines.Append(all));
    }

    private static ulong Sum(List<JsonElement> types, string counter) => types.Aggregate(0UL, (sum, type) =>
        sum + ulong.Parse(type.GetProperty("counters").GetProperty(counter).GetString()!, CultureInfo.InvariantCulture));

    private sealed record Line(
        string Node, ulong Produced, ulong Filtered, ulong Lost, ulong Other, ulong Stored, ulong Delivered, ulong Missing, ulong LostReported)
    {
        public Line Plus(Line other) => new(
            Node, Produced + other.Produced, Filtered + other.Filtered, Lost + other.Lost, Other + other.Other, Stored + other.Stored,
            Delivered + other.Delivered, Missing + other.Missing, LostReported + other.LostReported);

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{Node}: {Produced} produced = {Filtered} filtered + {Lost} lost in rings ({LostReported} of them reported in the stream) + {Other} rate-limited or undecodable + {Stored} stored; {Stored} stored = {Delivered} delivered + {Missing} reported missing");
    }
}
