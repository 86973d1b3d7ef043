namespace Monitor.Agent.OpenConnections;

/// <summary>A socket and the processes that have it.</summary>
internal sealed class Socket
{
    /// <summary>What the contract says of other processes, at most.</summary>
    private const int MaxOthers = 16;

    private OpenConnectionRecord _record;
    private SortedSet<uint>? _others;

    public Socket(in OpenConnectionRecord record) => _record = record;

    /// <summary>As the process with the lowest id has it.</summary>
    public ref readonly OpenConnectionRecord Record => ref _record;

    /// <summary>The other processes, by id.</summary>
    public IEnumerable<uint> Others => _others?.Take(MaxOthers) ?? [];

    /// <summary>Whether a record is of this socket: the memory of one that has ended may be that of another.</summary>
    public bool Is(in OpenConnectionRecord record) =>
        record.ConnectionId == _record.ConnectionId
        && record.LocalPort == _record.LocalPort
        && record.RemotePort == _record.RemotePort
        && record.NetworkNamespace == _record.NetworkNamespace
        && ((ReadOnlySpan<byte>)record.Remote).SequenceEqual(_record.Remote);

    /// <summary>Another process has it, or another thread with files of its own.</summary>
    public void Add(in OpenConnectionRecord record)
    {
        if (record.Pid == _record.Pid)
        {
            return;
        }

        var other = Math.Max(record.Pid, _record.Pid);
        if (record.Pid < _record.Pid)
        {
            _record = record;
        }

        (_others ??= []).Add(other);
    }
}
