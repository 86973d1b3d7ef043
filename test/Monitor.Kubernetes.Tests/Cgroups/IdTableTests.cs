using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Tests.Cgroups;

internal sealed class IdTableTests
{
    /// <summary>Against a dictionary, with ids that collide.</summary>
    [Test]
    public void Table_AfterManyChanges_AnswersAsADictionaryDoes()
    {
        var table = new IdTable<string>();
        var model = new Dictionary<ulong, string>();
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++)
        {
            var id = (ulong)random.Next(3000) << (random.Next(2) * 32);
            if (random.Next(3) > 0)
            {
                model[id] = $"{i}";
                table.Set(id, model[id]);
            }
            else
            {
                model.Remove(id);
                table.Remove(id);
            }

            var asked = (ulong)random.Next(3000) << (random.Next(2) * 32);
            Assert.That(table.Find(asked), Is.SameAs(model.GetValueOrDefault(asked)));
        }

        Assert.That(table.Count, Is.EqualTo(model.Count));
        Assert.That(model, Has.All.Matches<KeyValuePair<ulong, string>>(pair => ReferenceEquals(table.Find(pair.Key), pair.Value)));
    }

    /// <summary>A reader sees what is always there, with the right value, while the writer fills, empties and rebuilds.</summary>
    [Test]
    public async Task Table_ReadWhileWritten_NeverLosesOrMixesUpWhatStays()
    {
        var table = new IdTable<string>();
        var kept = Enumerable.Range(0, 100).ToDictionary(i => (ulong)i * 7919, i => $"{i}");
        foreach (var (id, value) in kept)
        {
            table.Set(id, value);
        }

        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            for (ulong i = 0; !stop.IsCancellationRequested; i++)
            {
                table.Set(1_000_000 + (i % 5000), "other");
                table.Remove(1_000_000 + ((i + 2500) % 5000));
            }
        });

        for (var i = 0; i < 50_000; i++)
        {
            foreach (var (id, value) in kept)
            {
                if (!ReferenceEquals(table.Find(id), value))
                {
                    Assert.Fail($"id {id} has {table.Find(id) ?? "nothing"}");
                }
            }
        }

        await stop.CancelAsync();
        await writer;
    }
}
