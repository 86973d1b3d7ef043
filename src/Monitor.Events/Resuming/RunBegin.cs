namespace Monitor.Events;

/// <summary>Which events of a run are older than all that a log has.</summary>
/// <param name="Epoch">Identity of the run; see <see cref="EventLog.Epoch"/>.</param>
/// <param name="Taken">The log took in what comes behind this sequence.</param>
/// <param name="Stored">What comes up to this sequence is older than what it has.</param>
public readonly record struct RunBegin(ulong Epoch, ulong Taken, ulong Stored);
