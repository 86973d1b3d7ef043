using Monitor.Protocol;

namespace Monitor.Agent.Encoding;

/// <summary>The name of the destination: it needs to be known who the event is of, and where to; in either order.</summary>
internal sealed partial class EventEncoder
{
    private readonly byte[] _namedAddress = new byte[16];
    private NameScope _nameScope;
    private bool _hasNamedAddress;

    /// <summary>What events leave out. Null: nothing.</summary>
    public EventPrivacy? Privacy => _privacy;

    /// <summary>A detail of any length.</summary>
    public void AppendDetail(int field, ReadOnlySpan<byte> detail)
    {
        var writer = new WireWriter(_buffer.AsSpan(_length));
        writer.Bytes(field, detail);
        _length += writer.Length;
    }

    /// <summary>
    /// The process of this event, or another one of its pod, was told that this is an address of that name: later events
    /// with that destination have it. Nothing where nobody wants names, or whose it is is not known.
    /// </summary>
    /// <param name="address">16 bytes, IPv4 mapped.</param>
    /// <param name="name">What was asked for.</param>
    /// <param name="seconds">How long it is true, as the server says.</param>
    public void LearnName(ReadOnlySpan<byte> address, ReadOnlySpan<byte> name, uint seconds)
    {
        if (_names is not null && _nameScope.IsKnown)
        {
            _names.Learn(address, _nameScope, name, _timestamp, seconds);
        }
    }

    private void BeginNames()
    {
        _nameScope = default;
        _hasNamedAddress = false;
    }

    // A pod is nearer than a process, whichever comes first.
    private void SetNameScope(NameScope scope)
    {
        if (!_nameScope.IsKnown)
        {
            _nameScope = scope;
            if (_hasNamedAddress)
            {
                Append(_names!.Find(_namedAddress, scope, _timestamp));
            }
        }
    }

    private void SetNamedAddress(ReadOnlySpan<byte> address)
    {
        if (_nameScope.IsKnown)
        {
            Append(_names!.Find(address, _nameScope, _timestamp));
            return;
        }

        address.CopyTo(_namedAddress);
        _hasNamedAddress = true;
    }
}
