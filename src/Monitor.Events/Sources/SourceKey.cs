using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Tells a run of an agent from all others, also by the word of agents that pretend to be another.</summary>
internal readonly record struct SourceKey(ulong Epoch, uint NodeHash)
{
    public static SourceKey Of(SourceToken token) => new(token.Epoch, token.NodeHash);
}
