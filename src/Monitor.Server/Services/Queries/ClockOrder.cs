using System.Text;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Says where the order of a list depends on clocks that do not agree well enough.</summary>
internal sealed class ClockOrder(EventLog log, AgentsReader agents)
{
    /// <summary>Fills in <c>order_uncertainty</c> and <c>uncertain_order</c> by the encoded events of the response; not
    /// on an agent, whose events have one clock.</summary>
    public void Describe(ListEventsResponse response)
    {
        if (agents.Directory is not { } directory)
        {
            return;
        }

        var nodes = new Dictionary<string, ClockEstimate?>(StringComparer.Ordinal);
        var known = true;
        (long Low, long High) range = (long.MaxValue, long.MinValue);
        string? node = null;
        ClockEstimate? clock = null;
        var time = 0L;
        var index = 0;
        foreach (var encoded in new EncodedEventReader(response.EncodedEvents))
        {
            var (previousNode, previousClock, previousTime) = (node, clock, time);
            EventColumns.TryParse(encoded.Span, log.Types, out var columns, out var identity);
            time = columns.TimeUnixNanos;
            if (node is null || !IsName(node, identity.NodeName))
            {
                node = Encoding.UTF8.GetString(identity.NodeName);
                if (!nodes.TryGetValue(node, out clock))
                {
                    clock = directory.ClockOf(node);
                    nodes.Add(node, clock);
                    known &= clock is not null;
                    range = Widen(range, clock);
                }
            }

            if (previousNode is not null && previousNode != node
                && !(UnixNanos.Apart(previousTime, time) >= Disagreement(previousClock, clock)))
            {
                response.UncertainOrder.Add(index - 1);
            }

            index++;
        }

        if (nodes.Count > 1 && known)
        {
            response.OrderUncertainty = Duration.FromTimeSpan(TimeSpan.FromTicks(range.High - range.Low));
        }
    }

    // Nanoseconds; not a number where one of the clocks is not known.
    private static double Disagreement(ClockEstimate? one, ClockEstimate? other) =>
        one is { } a && other is { } b
            ? ((a.Offset - b.Offset).Duration() + a.Uncertainty + b.Uncertainty).TotalNanoseconds
            : double.NaN;

    private static (long Low, long High) Widen((long Low, long High) range, ClockEstimate? clock) =>
        clock is { } known
            ? (Math.Min(range.Low, (known.Offset - known.Uncertainty).Ticks),
                Math.Max(range.High, (known.Offset + known.Uncertainty).Ticks))
            : range;

    private static bool IsName(string name, ReadOnlySpan<byte> utf8)
    {
        Span<char> chars = stackalloc char[256];
        return utf8.Length <= chars.Length
            && name.AsSpan().SequenceEqual(chars[..Encoding.UTF8.GetChars(utf8, chars)]);
    }
}
