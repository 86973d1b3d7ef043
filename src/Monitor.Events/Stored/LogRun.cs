namespace Monitor.Events;

/// <summary>The part of a log that one run of the program wrote. Resume tokens and ids count from the start of their run.</summary>
/// <param name="Epoch">Identity of the run.</param>
/// <param name="Start">The log before the run's first entry.</param>
internal readonly record struct LogRun(ulong Epoch, LogPoint Start);
