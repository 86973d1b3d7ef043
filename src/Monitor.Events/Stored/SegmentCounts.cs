using Monitor.V1;

namespace Monitor.Events;

/// <summary>How many events a segment has of each kind: what summaries count by.</summary>
/// <param name="Names">The names that the rows refer to, each once. The first is empty.</param>
/// <param name="Rows">The kinds.</param>
internal sealed record SegmentCounts(IReadOnlyList<string> Names, IReadOnlyList<SegmentCounts.Row> Rows)
{
    /// <summary>Events that are alike. Names are indexes of <see cref="Names"/>, 0 for none.</summary>
    /// <param name="Type">Their type.</param>
    /// <param name="Node">Their node.</param>
    /// <param name="Namespace">The namespace of their pods.</param>
    /// <param name="Detail">Field number of their detail in Event; 0 where they have neither of the two that are counted.</param>
    /// <param name="Outcome">Of connection attempts.</param>
    /// <param name="Text">The error of attempts, the reason of drops.</param>
    /// <param name="Failed">Whether they report a failure.</param>
    public readonly record struct Kind(
        int Type, int Node, int Namespace, int Detail, ConnectionDetail.Types.Outcome Outcome, int Text, bool Failed);

    /// <summary>One kind, and how many.</summary>
    public readonly record struct Row(Kind Kind, int Count);
}
