using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

internal sealed class BodyReader
{
    public static ValueTask ReadAsync(RouteRule rule, HttpRequest request, ByteBuffer output, CancellationToken cancellationToken) =>
        throw new BadRequestException("not yet");
}
