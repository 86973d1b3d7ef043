using System.Buffers;
using BenchmarkDotNet.Attributes;
using Monitor.Events;
using Monitor.Protocol;

namespace Monitor.Benchmarks.Micro;

/// <summary>A cursor without a filter over a million events, in batches as streams have them. Times are of one event.</summary>
public class CursorBenchmarks
{
    private const int MaxBytes = 256 << 10;

    private readonly SampleLog _sample = SampleLog.OfMillion();
    private readonly ArrayBufferWriter<byte> _output = new(2 * MaxBytes);

    [Benchmark(OperationsPerInvoke = SampleLog.MillionEvents)]
    public long CopyBatches()
    {
        var cursor = _sample.Log.OpenCursor(null, LogPosition.Oldest);
        var events = 0L;
        for (var atEnd = false; !atEnd;)
        {
            _output.ResetWrittenCount();
            var batch = cursor.ReadBatch(_output, ContractLimits.DefaultBatchEvents, MaxBytes);
            events += batch.Events;
            atEnd = batch.AtEnd;
        }

        return events;
    }
}
