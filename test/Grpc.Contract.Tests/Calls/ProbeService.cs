using System.Threading.Channels;
using Grpc.Contract.Tests.Protos;
using Grpc.Core;

namespace Grpc.Contract.Tests.Calls;

/// <summary>The service under the tests. What it sees of the calls goes to <paramref name="seen"/>.</summary>
internal sealed class ProbeService(Channel<SeenCall> seen) : Probe.ProbeBase
{
    public override async Task<Message> Echo(Message request, ServerCallContext context)
    {
        await Saw(context);
        foreach (var header in context.RequestHeaders.Where(h => h.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            context.ResponseTrailers.Add(header);
        }

        await context.WriteResponseHeadersAsync(new Metadata { { "answered-by", "probe" } });
        return request;
    }

    public override async Task<Number> Sum(IAsyncStreamReader<Number> requestStream, ServerCallContext context)
    {
        var sum = 0L;
        await foreach (var number in requestStream.ReadAllAsync(context.CancellationToken))
        {
            sum += number.Value;
        }

        return new Number { Value = sum };
    }

    public override async Task Count(
        Number request, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.Value; i++)
        {
            await responseStream.WriteAsync(new Number { Value = i }, context.CancellationToken);
        }
    }

    public override async Task Double(
        IAsyncStreamReader<Number> requestStream, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext())
        {
            await responseStream.WriteAsync(new Number { Value = 2 * requestStream.Current.Value });
        }
    }

    public override async Task Hang(
        Number request, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new Number { Value = 1 });
        var cancelled = new TaskCompletionSource();
        await using var registration = context.CancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
        await Saw(context);
    }

    public override async Task Fail(
        Failure request, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.After; i++)
        {
            await responseStream.WriteAsync(new Number { Value = i });
        }

        throw new RpcException(
            new Status((StatusCode)request.Code, request.Detail), new Metadata { { "reason-bin", [0, 255, 7] } });
    }

    private ValueTask Saw(ServerCallContext context) => seen.Writer.WriteAsync(new SeenCall(
        context.Method,
        context.Peer,
        context.Deadline,
        context.RequestHeaders,
        context.GetHttpContext().Request.Headers["grpc-encoding"].ToString(),
        [.. context.UserState.Values.OfType<string>()],
        context.CancellationToken.IsCancellationRequested));
}
