using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Waiting
{
    /// <summary>Asks until the answer is not null.</summary>
    public static async Task<T> ForAsync<T>(string what, Func<Task<T?>> ask, int seconds = 30)
        where T : class
    {
        using var patience = new CancellationTokenSource(Limit.OfSeconds(seconds));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!patience.IsCancellationRequested)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        throw new AssertionException($"waited {Limit.OfSeconds(seconds).TotalSeconds} s for {what}");
    }
}
