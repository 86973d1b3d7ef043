namespace Kubernetes.Tests;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Waiting
{
    /// <summary>Asks until the answer satisfies, and returns it.</summary>
    public static async Task<string> ForAsync(string what, Func<Task<string>> ask, Predicate<string> satisfies)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            var answer = await ask();
            if (satisfies(answer))
            {
                return answer;
            }

            if (patience.IsCancellationRequested)
            {
                throw new AssertionException($"waited two minutes for {what}; the last answer was:\n{answer}");
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
