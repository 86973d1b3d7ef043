using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.Bpf.Attaching;
using Monitor.Events;

namespace Monitor.Agent.OpenConnections;

/// <summary>Reads all sockets of the machine. One at a time, since the iterators have one place in the kernel's table.</summary>
/// <param name="iterators">Loaded ones.</param>
internal sealed class SocketReader(SocketIterators iterators)
{
    // Each reads on with as many steps as there are tasks: a table of 2^19 buckets takes some with a hundred tasks.
    private const int MaxPasses = 1000;

    private static readonly int RecordBytes = Unsafe.SizeOf<OpenConnectionRecord>();

    private readonly byte[] _buffer = new byte[RecordBytes * 512];

    // Of the read that is going on; there may be a hundred thousand, which are not kept.
    private Dictionary<ulong, Socket> _byAddress = [];
    private List<Socket> _sockets = [];
    private ConnectionFilter? _filter;
    private bool _ended;
    private bool _cut;

    /// <summary>What it could not read, at the last time; null: it read all.</summary>
    public string? Missing { get; private set; }

    /// <summary>Reads them.</summary>
    /// <param name="filter">Whose states are wanted.</param>
    /// <param name="cancellationToken">Cancelled where nobody waits for the answer.</param>
    /// <returns>Each socket in a wanted state once, and those that listen; in no order.</returns>
    /// <exception cref="Bpf.BpfException">The kernel refused.</exception>
    public IReadOnlyList<Socket> Read(ConnectionFilter filter, CancellationToken cancellationToken)
    {
        _byAddress = [];
        _sockets = [];
        _filter = filter;
        _ended = false;
        _cut = false;
        Pass(iterators.Files!, cancellationToken);
        for (var pass = 0; iterators.Table is { } table && !_ended && pass < MaxPasses; pass++)
        {
            Pass(table, cancellationToken);
        }

        Missing = iterators.Table is null ? iterators.Note
            : _ended && !_cut ? null
            : "some sockets that no process has are missing: the kernel's table was too full to be read to its end";
        var sockets = _sockets;
        _byAddress = [];
        _sockets = [];
        return sockets;
    }

    private void Pass(BpfLink link, CancellationToken cancellationToken)
    {
        using var pass = link.CreateIterator();
        var filled = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = pass.Read(_buffer.AsSpan(filled));
            if (count == 0)
            {
                return;
            }

            filled += count;
            var whole = filled - filled % RecordBytes;
            foreach (ref readonly var record in MemoryMarshal.Cast<byte, OpenConnectionRecord>(_buffer.AsSpan(0, whole)))
            {
                Take(record);
            }

            _buffer.AsSpan(whole, filled - whole).CopyTo(_buffer);
            filled -= whole;
        }
    }

    private void Take(in OpenConnectionRecord record)
    {
        switch (record.Kind)
        {
            case OpenConnectionKind.End:
                _ended = true;
                return;
            case OpenConnectionKind.Cut:
                _cut = true;
                return;
        }

        if (record.State != SocketState.Listen
            && !(ConnectionBuilder.NameOf(record.State) is { } state && _filter!.MatchesState(state)))
        {
            return;
        }

        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_byAddress, record.Socket, out var exists);
        if (exists && known!.Is(record))
        {
            if (record.Kind == OpenConnectionKind.OfProcess)
            {
                known.Add(record);
            }

            return;
        }

        known = new Socket(record);
        _sockets.Add(known);
    }
}
