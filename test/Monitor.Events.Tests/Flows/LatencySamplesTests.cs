namespace Monitor.Events.Tests.Flows;

internal sealed class LatencySamplesTests
{
    [Test]
    public void Percentiles_OfFewTimes_AreExact([Values(1, 2, 10, 63, 64)] int count)
    {
        var samples = new LatencySamples();
        var times = Times(new Random(count), count);
        times.ForEach(samples.Add);

        Assert.That(samples.Percentile(50), Is.EqualTo(Exact(times, 50)));
        Assert.That(samples.Percentile(99), Is.EqualTo(Exact(times, 99)));
    }

    [Test]
    public void Percentiles_OfManyTimes_AreRightToWithin1Point6Percent([Range(1, 50)] int seed)
    {
        var random = new Random(seed);
        var times = Times(random, 65 + random.Next(3000));
        var one = new LatencySamples();
        var parts = Enumerable.Range(0, 5).Select(_ => new LatencySamples()).ToList();
        var few = new LatencySamples();
        foreach (var time in times)
        {
            one.Add(time);
            // The last part has so few that they are exact.
            parts[Math.Min(4, random.Next(200))].Add(time);
        }

        parts.ForEach(few.Add);
        foreach (var samples in new[] { one, few })
        {
            Assert.That(samples.Count, Is.EqualTo(times.Count));
            foreach (var percentile in new[] { 1, 50, 90, 99, 100 })
            {
                var exact = Exact(times, percentile);
                Assert.That(
                    (double)samples.Percentile(percentile), Is.EqualTo((double)exact).Within(exact / 64.0), $"{percentile} of {times.Count}");
            }

            Assert.That(samples.ToSummary()!.Max, Is.EqualTo(FlowWorld.Nanos(times.Max())));
        }
    }

    private static long Exact(List<long> times, int percentile) =>
        times.Order().ElementAt((int)Math.Ceiling(times.Count * percentile / 100.0) - 1);

    // Of all magnitudes, those with it that no connection has.
    private static List<long> Times(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(1L << random.Next(1, 63)))];
}
