using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Writes the messages of a stream, each as a line of JSON that is sent at once.</summary>
/// <remarks>
/// A write ends when the connection has taken the line. A client that does not read thus stops the service at the next
/// write, with no more in memory than the connection's own buffers.
/// </remarks>
internal sealed class JsonStreamWriter<TResponse>(TranscodingCallContext context, ResponseWriter<TResponse> writer)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private int _isWriting;
    private volatile bool _isComplete;

    /// <inheritdoc/>
    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    /// <inheritdoc/>
    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    /// <inheritdoc/>
    public Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_isComplete)
        {
            throw new InvalidOperationException("The message cannot be written: the call is over.");
        }

        if (Interlocked.Exchange(ref _isWriting, 1) != 0)
        {
            throw new InvalidOperationException("The message cannot be written: the write before is not done. Await it.");
        }

        var isPending = false;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            context.CancellationToken.ThrowIfCancellationRequested();
            WriteLine(message);
            var flush = context.HttpContext.Response.BodyWriter.FlushAsync(context.CancellationToken);
            if (flush.IsCompletedSuccessfully)
            {
                ThrowIfClosed(flush.Result);
                return Task.CompletedTask;
            }

            isPending = true;
            return AwaitAsync(flush, cancellationToken);
        }
        finally
        {
            if (!isPending)
            {
                Volatile.Write(ref _isWriting, 0);
            }
        }
    }

    /// <summary>The call is over; what is written from now on is a mistake of the service.</summary>
    public void Complete() => _isComplete = true;

    private void WriteLine(TResponse message)
    {
        var workspace = writer.Workspaces.Get();
        try
        {
            var contentType = writer.Write(message, workspace, context.Encoding);
            context.PrepareResponse(contentType);
            workspace.Json.WriteByte((byte)'\n');
            var output = context.HttpContext.Response.BodyWriter;
            workspace.Json.Written.CopyTo(output.GetSpan(workspace.Json.Length));
            output.Advance(workspace.Json.Length);
        }
        finally
        {
            writer.Workspaces.Return(workspace);
        }
    }

    private async Task AwaitAsync(ValueTask<FlushResult> flush, CancellationToken cancellationToken)
    {
        try
        {
            await using var cancellation = cancellationToken == context.CancellationToken
                ? default
                : cancellationToken.UnsafeRegister(
                    static http => ((HttpContext)http!).Response.BodyWriter.CancelPendingFlush(), context.HttpContext);
            var result = await flush;
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfClosed(result);
        }
        finally
        {
            Volatile.Write(ref _isWriting, 0);
        }
    }

    private void ThrowIfClosed(FlushResult flush)
    {
        if (flush.IsCompleted)
        {
            context.IsClientGone = true;
            throw new OperationCanceledException("The client has gone away.");
        }
    }
}
