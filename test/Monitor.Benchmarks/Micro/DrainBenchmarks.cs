using BenchmarkDotNet.Attributes;
using Monitor.Bpf.Rings;

namespace Monitor.Benchmarks.Micro;

/// <summary>
/// Walking the records of a drain, of one ring, and of four that are merged by time. Times are of one record.
/// </summary>
public class DrainBenchmarks
{
    private const int Records = 8000;

    private readonly MemoryRing[] _one = [new(0, Records, 1)];
    private readonly MemoryRing[] _four = [.. Enumerable.Range(0, 4).Select(cpu => new MemoryRing(cpu, Records / 4, 4))];
    private PerfRingReader? _oneReader;
    private PerfRingReader? _fourReader;

    [GlobalSetup]
    public void Open()
    {
        _oneReader = new PerfRingReader(PerfRingSet.ForMemory("one", [.. _one.Select(memory => memory.Ring)]));
        _fourReader = new PerfRingReader(PerfRingSet.ForMemory("four", [.. _four.Select(memory => memory.Ring)]));
    }

    [GlobalCleanup]
    public void Close()
    {
        _oneReader!.Dispose();
        _fourReader!.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public ulong DrainOneRing() => Drain(_one, _oneReader!);

    [Benchmark(OperationsPerInvoke = Records)]
    public ulong DrainFourRings() => Drain(_four, _fourReader!);

    private static ulong Drain(MemoryRing[] rings, PerfRingReader reader)
    {
        foreach (var ring in rings)
        {
            ring.Rewind();
        }

        var sum = 0UL;
        using var drain = reader.Drain();
        while (drain.MoveNext(out var record))
        {
            sum += record.Timestamp + (ulong)record.Payload.Length;
        }

        return sum;
    }
}
