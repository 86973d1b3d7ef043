namespace Monitor.Agent.Encoding;

/// <summary>
/// Says whose pod an event is, on the reader's thread: without waiting, and without allocating for a pod that was asked for
/// before. Outside Kubernetes there is none, and nothing of Kubernetes is loaded; that is why this is a class of its own.
/// </summary>
internal abstract class PodLookup
{
    /// <summary>The pod of a process.</summary>
    /// <param name="cgroupId">As in the record.</param>
    /// <param name="pid">As in the record.</param>
    public abstract PodFields OfProcess(ulong cgroupId, uint pid);

    /// <summary>The pod of whoever has a socket. Any thread but the reader's.</summary>
    /// <param name="cgroupId">As in the record.</param>
    /// <param name="pid">As in the record; 0 where no process has it.</param>
    public abstract PodFields OfSocket(ulong cgroupId, uint pid);

    /// <summary>The pod that sent or receives a packet which no process caused.</summary>
    /// <param name="source">16 bytes, IPv4 mapped; empty where the packet has no address.</param>
    /// <param name="destination">As <paramref name="source"/>.</param>
    /// <param name="timeUnixNanos">When, wall-clock time in ns since 1970.</param>
    public abstract PodFields OfPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, long timeUnixNanos);
}
