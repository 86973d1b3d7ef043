using Monitor.V1;

namespace Monitor.Events;

/// <summary>How many events are missing for one cause, by the losses that were appended.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Events">How many.</param>
public readonly record struct LossTotal(LossCause Cause, ulong Events);
