using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;

namespace Grpc.Reflection;

/// <summary>
/// The service <c>grpc.reflection.v1alpha.ServerReflection</c>. One instance serves all calls. A stream is answered question
/// by question: the next is read when the client has taken the answer, so that a client costs one of each at most.
/// </summary>
public class ReflectionServiceImpl : ServerReflection.ServerReflectionBase
{
    private readonly ReflectionAnswers _answers;

    /// <summary>Describes what a registry has.</summary>
    /// <param name="services">The fully qualified names of the services that are listed.</param>
    /// <param name="symbolRegistry">The files.</param>
    public ReflectionServiceImpl(IEnumerable<string> services, SymbolRegistry symbolRegistry) =>
        _answers = new ReflectionAnswers(services, symbolRegistry);

    /// <summary>Describes services, with the files that declare them and what those import.</summary>
    /// <param name="serviceDescriptors">The services.</param>
    public ReflectionServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors) =>
        _answers = ReflectionAnswers.For(serviceDescriptors);

    /// <summary>Describes services, with the files that declare them and what those import.</summary>
    /// <param name="serviceDescriptors">The services.</param>
    public ReflectionServiceImpl(params ServiceDescriptor[] serviceDescriptors)
        : this((IEnumerable<ServiceDescriptor>)serviceDescriptors)
    {
    }

    /// <summary>Answers a stream of questions until the client ends it.</summary>
    /// <param name="requestStream">The questions.</param>
    /// <param name="responseStream">One answer for each, in order.</param>
    /// <param name="context">The call.</param>
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            var request = requestStream.Current;
            await responseStream.WriteAsync(Respond(request, Answer(request))).ConfigureAwait(false);
        }
    }

    private ReflectionAnswer Answer(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => _answers.FileByName(request.FileByFilename),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
            _answers.FileContainingSymbol(request.FileContainingSymbol),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension =>
            _answers.FileContainingExtension(
                request.FileContainingExtension.ContainingType, request.FileContainingExtension.ExtensionNumber),
        ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType =>
            _answers.ExtensionNumbersOf(request.AllExtensionNumbersOfType),
        ServerReflectionRequest.MessageRequestOneofCase.ListServices => _answers.ListServices(),
        _ => ReflectionAnswers.UnknownQuestion(),
    };

    private static ServerReflectionResponse Respond(ServerReflectionRequest request, ReflectionAnswer answer)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (answer)
        {
            case ReflectionAnswer.Files files:
                response.FileDescriptorResponse = new() { FileDescriptorProto = { files.Encoded } };
                break;
            case ReflectionAnswer.Services services:
                response.ListServicesResponse = new()
                {
                    Service = { services.Names.Select(name => new ServiceResponse { Name = name }) },
                };
                break;
            case ReflectionAnswer.ExtensionNumbers extensions:
                response.AllExtensionNumbersResponse = new()
                {
                    BaseTypeName = extensions.MessageName,
                    ExtensionNumber = { extensions.Numbers },
                };
                break;
            case ReflectionAnswer.Error error:
                response.ErrorResponse = new() { ErrorCode = (int)error.Code, ErrorMessage = error.Message };
                break;
        }

        return response;
    }
}
