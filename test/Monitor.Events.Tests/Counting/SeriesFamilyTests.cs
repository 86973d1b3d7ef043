namespace Monitor.Events.Tests;

internal sealed class SeriesFamilyTests
{
    [Test]
    public void Full_WithAWorkloadNamedOther_ListsEachSetOfLabelsOnce([Values] bool comesFirst)
    {
        var family = new SeriesFamily("attempts", "Attempts.", ["source", "destination"], ["outcome"], maxSeries: 3);
        string[][] real = [["other", "other", "ok"], ["a", "b", "ok"], ["c", "d", "ok"]];
        foreach (var values in comesFirst ? real : real.Reverse())
        {
            family.Add(family.Get([.. values]), 1);
        }

        for (var i = 0; i < 10; i++)
        {
            family.Add(family.Get([$"{i}", "x", "ok"]), 1);
            family.Add(family.Get([$"{i}", "x", "failed"]), 1);
        }

        family.Add(family.Get(["other", "other", "ok"]), 100);

        Assert.That(
            family.Series.Select(series => string.Join(' ', series.Labels)),
            Is.EquivalentTo(new[] { "other other ok", "a b ok", "c d ok", "other other failed" }));
        Assert.That(family.Series.Sum(series => series.Value), Is.EqualTo(3 + 20 + 100));
        Assert.That(family.Series.Single(series => series.Labels is ["other", "other", "ok"]).Value, Is.EqualTo(1 + 10 + 100));
    }

    [Test]
    public void Full_BeforeAWorkloadNamedOtherComes_CountsItWithWhatHasNoRoom()
    {
        var family = new SeriesFamily("attempts", "Attempts.", ["source"], ["outcome"], maxSeries: 1);
        family.Add(family.Get(["a", "ok"]), 1);
        family.Add(family.Get(["b", "ok"]), 1);

        family.Add(family.Get(["other", "ok"]), 1);

        Assert.That(family.Series, Has.Count.EqualTo(2));
        Assert.That(family.Series.Single(series => series.IsOther).Value, Is.EqualTo(2));
        Assert.That(family.Folded, Is.EqualTo(2));
    }
}
