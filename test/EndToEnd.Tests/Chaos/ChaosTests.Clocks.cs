namespace EndToEnd.Tests.Chaos;

/// <summary>Wall clocks that are set while the programs run, an hour or longer than certificates are valid.</summary>
internal sealed partial class ChaosTests
{
    private static readonly TimeSpan[] Steps =
        [TimeSpan.FromHours(1), TimeSpan.FromHours(-1), TimeSpan.FromDays(400), TimeSpan.FromDays(-400)];

    private async Task AgentClockAsync()
    {
        var step = Steps[_random.Next(Steps.Length)];
        _clockOfA!.Set(step);
        await WhenTellsAsync(DateTimeOffset.UtcNow + step);
        await GoesOnAsync();
        _clockOfA.Set(TimeSpan.Zero);
        await WhenTellsAsync(DateTimeOffset.UtcNow);
    }

    // The agent measures its clock every second. Its first image has handed over to another, which has the clock too.
    private Task<string> WhenTellsAsync(DateTimeOffset now) => Waiting.ForAsync($"an event of {A.Name} at {now:u}", () =>
    {
        A.Connect(1);
        return Task.FromResult(Client.Events.LastOrDefault(seen => seen.NodeName == A.Name) is { } last
            && (last.Time.ToDateTimeOffset() - now).Duration() < TimeSpan.FromMinutes(1) ? "" : null);
    });

    private async Task AggregatorClockAsync()
    {
        var step = Steps[_random.Next(Steps.Length)];
        _clockOfAggregator!.Set(step);
        await Waiting.ForAsync("the aggregator to tell the time", async () =>
        {
            var told = DateTimeOffset.Parse((await Aggregator.GetAsync("/health")).GetProperty("time").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
            return (told - DateTimeOffset.UtcNow - step).Duration() < TimeSpan.FromMinutes(1) ? "" : null;
        });
        await SecondsAsync(2);
        await GoesOnAsync();
        _clockOfAggregator.Set(TimeSpan.Zero);
    }
}
