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
    public void Shared_ByValuesOfTheFirstLabel_NoneTakesTheRoomOfThoseThatComeLater()
    {
        var family = new SeriesFamily("attempts", "Attempts.", ["node", "workload"], ["outcome"], maxSeries: 60, isShared: true);
        for (var i = 0; i < 1_000; i++)
        {
            family.Add(family.Get(["greedy", $"{i}", "ok"]), 1);
        }

        for (var node = 0; node < 5; node++)
        {
            for (var i = 0; i < 6; i++)
            {
                family.Add(family.Get([$"{node}", $"{i}", "ok"]), 1);
            }
        }

        var byNode = family.Series.GroupBy(series => series.Labels[0]).ToDictionary(node => node.Key, node => node.Count());
        Assert.That(byNode, Is.EquivalentTo(new Dictionary<string, int>
        {
            ["greedy"] = 30,
            ["0"] = 6,
            ["1"] = 6,
            ["2"] = 6,
            ["3"] = 6,
            ["4"] = 6,
            ["other"] = 1,
        }));
        Assert.That(family.Folded, Is.EqualTo(1_000 - 30));
        Assert.That(family.Series.Sum(series => series.Value), Is.EqualTo(1_000 + 30));
    }

    // Of one, two and three bytes in UTF-8.
    [TestCase('x', 256)]
    [TestCase('é', 128)]
    [TestCase('日', 85)]
    public void Label_AboveTheMostBytes_IsOther(char letter, int longest)
    {
        var family = new SeriesFamily("attempts", "Attempts.", ["source"], [], maxSeries: 10);

        Assert.That(family.Get([new string(letter, longest)]).Labels, Is.EqualTo(new[] { new string(letter, longest) }));
        Assert.That(family.Get([new string(letter, longest + 1)]).Labels, Is.EqualTo(new[] { "other" }));
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
