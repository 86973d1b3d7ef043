using System.Diagnostics;
using Monitor.Agent.Tests.Kernel;
using Monitor.Bpf.Rings;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>A monitor by the public header, loaded, attached and read as the agent does it.</summary>
internal sealed class LoadedMonitor : IDisposable
{
    private static readonly TimeSpan Patience = Limit.OfSeconds(20);

    private readonly List<IDisposable> _owned = [];
    private readonly PerfRingReader _reader;

    /// <param name="name">Name of the object.</param>
    /// <param name="configure">Sets knobs before it is loaded.</param>
    internal LoadedMonitor(string name, Action<BpfObject>? configure = null)
    {
        try
        {
            Object = Owned(TestObjects.Open(name));
            Schema = RecordSchema.Read(Object);
            configure?.Invoke(Object);
            Object.Load();
            var rings = Owned(PerfRingSet.Open(Object.Map("events")));
            _reader = Owned(new PerfRingReader(rings));
            Object.Map("reading").Update(0u, ulong.MaxValue);
            foreach (var program in Object.Programs)
            {
                Owned(program.Attach());
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal BpfObject Object { get; } = null!;

    internal RecordSchema Schema { get; } = null!;

    /// <summary>Waits for a record of which something is true.</summary>
    internal DecodedRecord WaitFor(Func<DecodedRecord, bool> condition)
    {
        var clock = Stopwatch.StartNew();
        var seen = 0;
        while (clock.Elapsed < Patience)
        {
            _reader.Wait(10);
            using var drain = _reader.Drain();
            while (drain.MoveNext(out var record))
            {
                if (record.Kind != PerfRecordKind.Sample)
                {
                    continue;
                }

                seen++;
                Assert.That(record.Payload.Length, Is.GreaterThanOrEqualTo(Schema.Size));
                var decoded = new DecodedRecord(Schema, record.Payload.ToArray());
                if (condition(decoded))
                {
                    return decoded;
                }
            }
        }

        throw new AssertionException($"no such record of {Object.Name} among {seen}");
    }

    public void Dispose()
    {
        // The newest first: attachments, then the reader and its rings, then the object.
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private T Owned<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
