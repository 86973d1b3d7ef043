using Monitor.Events;

namespace Monitor.Aggregator.Links;

/// <summary>One event of a message.</summary>
internal struct BatchEvent
{
    /// <summary>Its columns; undefined where it is malformed.</summary>
    public EventColumns Columns;

    /// <summary>Where its bytes are in the message.</summary>
    public int Start;

    /// <summary>How many; -1 where it is malformed.</summary>
    public int Length;

    public readonly bool IsMalformed => Length < 0;
}
