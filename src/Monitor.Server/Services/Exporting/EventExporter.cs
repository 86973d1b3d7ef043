using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Writes what a plan selects. It reads no further than its client: while a write waits for that, the cursor stands still, and
/// what leaves the log meanwhile is written as a loss.
/// </summary>
internal sealed class EventExporter(QueryCores cores)
{
    // What is parsed, written and sent in one go: 2 ms of a core, and 64 KiB to send. Larger ones gain nothing measurable.
    private const int MaxEvents = 256;
    private const int MaxBytes = 64 << 10;

    /// <summary>Exports.</summary>
    /// <param name="plan">What. Its cursor is read to the plan's end.</param>
    /// <param name="writer">Where to; not completed where this throws.</param>
    /// <param name="cancellationToken">Ends the export, by an exception.</param>
    public async Task RunAsync(ExportPlan plan, IExportWriter writer, CancellationToken cancellationToken)
    {
        using var buffer = new PooledBuffer();
        if (plan.Before is { } before)
        {
            writer.Add(before);
        }

        bool isAtEnd;
        do
        {
            // What is in the archive alone, from the beginning or because the client is slow.
            while (plan.Replay is { IsNeeded: true } replay
                && await replay.ReadAsync(buffer, MaxEvents, MaxBytes, cancellationToken) is { } losses)
            {
                await cores.RunAsync(() => Add(losses, plan, writer, buffer), cancellationToken);
                await writer.FlushAsync(cancellationToken);
            }

            // Exports take turns with queries, so that all of them together leave a core to the streams.
            isAtEnd = await cores.RunAsync(() => AddBatch(plan, writer, buffer), cancellationToken);
            await writer.FlushAsync(cancellationToken);
            await Task.Yield();
        }
        while (!isAtEnd);
        await writer.CompleteAsync(cancellationToken);
    }

    /// <summary>Adds the next events and losses.</summary>
    /// <returns>Whether these were the last.</returns>
    private static bool AddBatch(ExportPlan plan, IExportWriter writer, PooledBuffer buffer)
    {
        var batch = plan.Cursor.ReadBatch(buffer, MaxEvents, MaxBytes);
        return Add(batch.Losses, plan, writer, buffer) && ((batch.AtEnd && plan.Replay is not { IsNeeded: true }) || plan.Cursor.Position >= plan.EndPosition);
    }

    private static bool Add(IReadOnlyList<Loss> losses, ExportPlan plan, IExportWriter writer, PooledBuffer buffer)
    {
        foreach (var loss in losses)
        {
            writer.Add(plan.CountsLosses ? loss : EventStream.WithoutCount(loss));
        }

        foreach (var encoded in new EncodedEventReader(buffer.Written))
        {
            writer.Add(Event.Parser.ParseFrom(encoded.Span));
        }

        buffer.Dispose();
        return true;
    }
}
