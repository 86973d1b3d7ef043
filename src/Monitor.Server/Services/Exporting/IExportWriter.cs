using Monitor.V1;

namespace Monitor.Server;

/// <summary>Writes events and losses in one format, in the order in which they are added.</summary>
internal interface IExportWriter
{
    void Add(Event added);

    void Add(Loss loss);

    /// <summary>Writes what was added, as far as the format wants to: at the most often after each batch.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Writes the rest, and the end.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
