package dev.torchffm.internal.loading;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;

/** {@link Application} as a web application, whose class loader has torch-ffm's classes. */
public final class ApplicationServlet extends HttpServlet {

    @Serial
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        try {
            response.getWriter().print(Application.answer(Path.of(getInitParameter("model"))));
            if ("/leave".equals(request.getPathInfo())) {
                Application.leaveModeOpen();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new ServletException(e);
        }
    }
}
