namespace Monitor.Fuzz.Coverage;

/// <summary>What a run of AFL++ came to.</summary>
/// <param name="Target">Name of the case.</param>
/// <param name="Executions">How many inputs were tried.</param>
/// <param name="Paths">How many inputs were kept, each because it takes branches that no other does.</param>
/// <param name="Edges">How many branches were taken by any.</param>
/// <param name="Crashes">Inputs that failed, in files.</param>
/// <param name="Hangs">Inputs that took too long, in files.</param>
internal sealed record AflResult(
    string Target, long Executions, int Paths, int Edges, IReadOnlyList<string> Crashes, IReadOnlyList<string> Hangs);
