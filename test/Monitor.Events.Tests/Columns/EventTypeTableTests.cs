namespace Monitor.Events.Tests;

public sealed class EventTypeTableTests
{
    [Test]
    public void GetOrAdd_ManyThreads_GiveEachTypeOneNumber()
    {
        var table = new EventTypeTable();
        var names = Enumerable.Range(0, 254).Select(number => $"type-{number}").ToArray();
        var ids = new byte[8][];

        Parallel.For(0, ids.Length, thread => ids[thread] = [.. names.Select(table.GetOrAdd)]);

        Assert.That(ids, Is.All.EqualTo(ids[0]));
        Assert.That(ids[0], Is.Unique.And.None.EqualTo(EventTypeTable.Other));
        Assert.That(ids[0].Select(table.Name), Is.EqualTo(names));
    }

    [Test]
    public void GetOrAdd_TooManyOrTooLong_IsOther()
    {
        var table = new EventTypeTable();
        Assert.That(table.GetOrAdd(new string('x', 65)), Is.EqualTo(EventTypeTable.Other));
        for (var number = 0; number < 254; number++)
        {
            Assert.That(table.GetOrAdd($"type-{number}"), Is.EqualTo(number + 1));
        }

        Assert.That(table.GetOrAdd("one more"), Is.EqualTo(EventTypeTable.Other));
        Assert.That(table.GetOrAdd("type-7"), Is.EqualTo(8));
        Assert.That(table.Name(EventTypeTable.Other), Is.Null);
        Assert.That(table.Count, Is.EqualTo(254));
    }

    [Test]
    public void Filter_TypesWithoutANumber_AreToldApartByTheBytes()
    {
        using var log = TestLog.Create();
        for (var number = 0; number < 300; number++)
        {
            var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + number);
            made.Type = $"type-{number}";
            log.Append(made);
        }

        log.Publish();
        foreach (var number in new[] { 3, 253, 254, 299 })
        {
            var filter = new V1.EventFilter { Type = { $"type-{number}" } };
            var response = log.Read(new EventQuery { Filter = filter });

            Assert.That(response.Events.Select(read => read.Type), Is.EqualTo(new[] { $"type-{number}" }));
            Assert.That(response.TotalCount, Is.EqualTo(1));
        }

        var types = log.GetStatistics().Types;
        Assert.That(types, Has.Count.EqualTo(255));
        Assert.That(types[^1], Is.EqualTo(new TypeTotal("", 46)));
    }
}
