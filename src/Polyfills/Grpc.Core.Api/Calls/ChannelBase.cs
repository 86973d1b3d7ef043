namespace Grpc.Core;

/// <summary>A connection, or several, to one target. Implementations are thread-safe.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to a target.</summary>
    /// <param name="target">The target, as users write it.</param>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The target, as users write it.</summary>
    public string Target { get; }

    /// <summary>What makes calls on this channel.</summary>
    /// <returns>A call invoker; clients may share it.</returns>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel and frees what it holds.</summary>
    /// <returns>A task that completes when the channel has ended.</returns>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Implements <see cref="ShutdownAsync"/>; does nothing unless overridden.</summary>
    /// <returns>A task that completes when the channel has ended.</returns>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
