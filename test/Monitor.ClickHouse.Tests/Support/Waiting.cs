namespace Monitor.ClickHouse.Tests;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Waiting
{
    /// <summary>Asks until the answer is yes.</summary>
    public static async Task ForAsync(string what, Func<Task<bool>> ask, int seconds = 60)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await ask())
        {
            if (patience.IsCancellationRequested)
            {
                throw new AssertionException($"waited {seconds} s for {what}");
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <inheritdoc cref="ForAsync(string, Func{Task{bool}}, int)"/>
    public static Task ForAsync(string what, Func<bool> ask, int seconds = 60) => ForAsync(what, () => Task.FromResult(ask()), seconds);
}
