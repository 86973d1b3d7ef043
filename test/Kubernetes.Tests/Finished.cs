namespace Kubernetes.Tests;

/// <summary>A command that has ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed on standard error.</param>
internal sealed record Finished(int ExitCode, string Output, string Error)
{
    /// <summary>The output of a command that succeeded; fails the test otherwise.</summary>
    public string Succeeded() => ExitCode == 0 ? Output : throw new AssertionException($"exit code {ExitCode}:\n{Output}\n{Error}");
}
