namespace JsonTranscoding.Tests.Hosting;

/// <summary>Waits for what another thread does.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task TrueAsync(Func<bool> condition, TimeSpan? every = null)
    {
        var end = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(end), "The condition did not come true within 10 seconds.");
            await Task.Delay(every ?? TimeSpan.FromMilliseconds(10));
        }
    }
}
