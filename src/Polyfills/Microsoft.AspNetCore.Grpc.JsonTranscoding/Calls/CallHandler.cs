using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Serves one route: request to message, call, response or error.</summary>
internal abstract class CallHandler<TRequest, TResponse>(
    RouteRule rule, Method<TRequest, TResponse> method, BodyReader bodies, ErrorWriter errors, bool isStream)
    where TRequest : class
    where TResponse : class
{
    /// <summary>The delegate of the endpoint.</summary>
    public async Task HandleAsync(HttpContext httpContext)
    {
        using var context = new TranscodingCallContext(httpContext, method);
        try
        {
            context.Encoding = JsonContentType.EncodingOf(httpContext.Request);
            var request = await ReadRequestAsync(context);
            await CallAsync(request, context);
        }
        catch (Exception error)
        {
            await errors.WriteAsync(context, error, isStream);
        }
    }

    protected abstract Task CallAsync(TRequest request, TranscodingCallContext context);

    /// <summary>Fails where the service, instead of throwing, said in the context that the call failed.</summary>
    protected static void ThrowIfFailed(TranscodingCallContext context)
    {
        if (context.Status.StatusCode != StatusCode.OK)
        {
            throw new RpcException(context.Status);
        }

        if (context.IsDeadlineExceeded)
        {
            throw new OperationCanceledException(context.CancellationToken);
        }
    }

    private async ValueTask<TRequest> ReadRequestAsync(TranscodingCallContext context)
    {
        using var wire = new ByteBuffer();
        await RequestReader.ReadAsync(rule, context.HttpContext, bodies, context.Encoding, wire, context.CancellationToken);
        try
        {
            return method.RequestMarshaller.ContextualDeserializer(new RequestPayload(wire.WrittenMemory));
        }
        catch (Google.Protobuf.InvalidProtocolBufferException ex)
        {
            // What is left to refuse here: messages that nest deeper than the parser goes, proto2's required fields.
            throw new BadRequestException($"The request is not a {rule.Input.Descriptor.FullName}: {ex.Message}", ex);
        }
    }
}
