namespace Monitor.Kubernetes.Tests.Support;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            if (patience.IsCancellationRequested)
            {
                throw new AssertionException($"waited {Patience.TotalSeconds} s for {what}");
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
